// The cases of this area; each file registers its own.
import "./cycles.ts";
import "./lineage.ts";
import "./turns.ts";
import "./waits.ts";
