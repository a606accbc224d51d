/**
 * The OpenAI Agents SDK with the tools of a gateway.
 */
import { Agent, OpenAIChatCompletionsModel, run, setTracingDisabled } from "@openai/agents";
import { connect, sharedToken } from "@turnmux/client";
import { agentTools } from "@turnmux/client/agents";
import OpenAI from "openai";
import { exampleGateway, TOKEN } from "./gateway.ts";
import { script } from "./script.ts";
import { scriptedModel } from "./scripted-model.ts";
import type { Shown } from "./main.ts";

export async function withAgents(): Promise<Shown> {
  setTracingDisabled(true);
  const gateway = await exampleGateway();
  const model = await scriptedModel(script);
  const session = await connect(gateway.url, { auth: sharedToken(TOKEN) });
  const client = new OpenAI({ apiKey: "none is needed", baseURL: model.baseURL });

  const turn = session.turn("turn-1");
  const agent = new Agent({
    name: "Reminder",
    model: new OpenAIChatCompletionsModel(client, "scripted"),
    tools: await agentTools(turn),
  });
  const { finalOutput } = await run(agent, "Remind me of tea at four.");

  const shown = { text: String(finalOutput), read: [...model.read], jobs: [...gateway.jobs] };
  await session.close();
  await model.close();
  await gateway.close();
  return shown;
}
