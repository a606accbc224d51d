/**
 * A gateway's tools for the OpenAI Agents SDK: `npm i @openai/agents`.
 *
 * @module
 */
export { agentTools, type AgentTool, type AgentToolReport, type AgentToolsOptions } from "./agents/agent-tools.ts";
