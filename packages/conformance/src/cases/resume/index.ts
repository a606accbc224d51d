// The cases of this area; each file registers its own.
import "./channels.ts";
import "./client.ts";
import "./conditions.ts";
import "./opened-again.ts";
import "./tokens.ts";
