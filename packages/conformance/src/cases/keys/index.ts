// The cases of this area; each file registers its own.
import "./crash.ts";
import "./joined.ts";
import "./needed.ts";
import "./refusals.ts";
import "./repetitions.ts";
import "./turns.ts";
