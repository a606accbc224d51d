import { behaviours } from "./suite.ts";
import { endpointWorld } from "./worlds/real.ts";

behaviours(endpointWorld("binary", true));
