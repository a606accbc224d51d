/**
 * A gateway's tools for the Vercel AI SDK: `npm i ai`.
 *
 * @module
 */
export { aiTools, type AiToolsOptions } from "./ai/ai-tools.ts";
