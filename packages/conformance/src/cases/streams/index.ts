// The cases of this area; each file registers its own.
import "./final.ts";
import "./identifiers.ts";
import "./limits.ts";
import "./states.ts";
import "./strangers.ts";
