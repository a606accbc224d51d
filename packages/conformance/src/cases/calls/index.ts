// The cases of this area; each file registers its own.
import "./acceptance.ts";
import "./blocked.ts";
import "./busy.ts";
import "./cancellation.ts";
import "./deadlines.ts";
import "./items.ts";
import "./names.ts";
import "./refusals.ts";
import "./waits.ts";
