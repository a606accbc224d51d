// The cases of this area; each file registers its own.
import "./audience.ts";
import "./proof.ts";
