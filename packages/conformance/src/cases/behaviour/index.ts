// The cases of this area; each file registers its own.
import "./keys.ts";
import "./outcomes.ts";
import "./parts.ts";
import "./values.ts";
