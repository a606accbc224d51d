import { behaviours } from "./suite.ts";
import { virtualWorld } from "./worlds/virtual.ts";

behaviours(virtualWorld);
