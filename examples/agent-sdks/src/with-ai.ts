/**
 * The Vercel AI SDK with the tools of a gateway.
 */
import { connect, sharedToken } from "@turnmux/client";
import { aiTools } from "@turnmux/client/ai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, isStepCount } from "ai";
import { exampleGateway, TOKEN } from "./gateway.ts";
import { script } from "./script.ts";
import { scriptedModel } from "./scripted-model.ts";
import type { Shown } from "./main.ts";

export async function withAi(): Promise<Shown> {
  const gateway = await exampleGateway();
  const model = await scriptedModel(script);
  const session = await connect(gateway.url, { auth: sharedToken(TOKEN) });
  const provider = createOpenAICompatible({ name: "scripted", baseURL: model.baseURL });

  const turn = session.turn("turn-1");
  const { text } = await generateText({
    model: provider("scripted"),
    tools: await aiTools(turn),
    stopWhen: isStepCount(8),
    prompt: "Remind me of tea at four.",
  });

  const shown = { text, read: [...model.read], jobs: [...gateway.jobs] };
  await session.close();
  await model.close();
  await gateway.close();
  return shown;
}
