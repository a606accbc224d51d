// The cases of this area; each file registers its own.
import "./attach.ts";
import "./choices.ts";
import "./early.ts";
import "./limits.ts";
import "./protocol-errors.ts";
import "./refusal.ts";
