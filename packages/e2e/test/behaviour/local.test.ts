import { behaviours } from "./suite.ts";
import { localWorld } from "./worlds/real.ts";

behaviours(localWorld);
