/**
 * Which model takes the turn: a real one when the environment names it, otherwise the scripted one.
 *
 * @module
 */

/** Where the chat-completions API is, and which model to ask for. */
export interface ModelSettings {
  readonly baseURL: string;
  readonly apiKey: string;
  readonly model: string;
}

/** The default of the SDK, for whoever sets `MODEL` and a key only. */
const OPENAI = "https://api.openai.com/v1";

/**
 * Reads `OPENAI_BASE_URL`, `OPENAI_API_KEY` and `MODEL`. A key alone is no wish to use it: with neither a URL nor a model
 * the answer is undefined, and the run costs nothing. Throws when there is a URL and no model.
 */
export function modelFromEnvironment(env: NodeJS.ProcessEnv): ModelSettings | undefined {
  const { OPENAI_BASE_URL: baseURL, OPENAI_API_KEY: apiKey, MODEL: model } = env;
  if (!baseURL && !model) return undefined;
  if (!model) throw new Error("OPENAI_BASE_URL is set: say with MODEL which model to ask for");
  return { baseURL: baseURL || OPENAI, apiKey: apiKey || "none", model };
}
