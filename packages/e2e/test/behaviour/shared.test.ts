import { behaviours } from "./suite.ts";
import { sharedWorld } from "./worlds/real.ts";

behaviours(sharedWorld);
