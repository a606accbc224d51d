// The cases of this area; each file registers its own.
import "./codes.ts";
import "./outcomes.ts";
