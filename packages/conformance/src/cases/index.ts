/**
 * All cases of the suite. Importing this registers them.
 *
 * @module
 */
import "./carriage/index.ts";
import "./frames/index.ts";
import "./content/index.ts";
import "./handshake/index.ts";
import "./auth/index.ts";
import "./resume/index.ts";
import "./streams/index.ts";
import "./calls/index.ts";
import "./errors/index.ts";
import "./tools/index.ts";
import "./lanes/index.ts";
import "./keys/index.ts";
import "./delivery/index.ts";
import "./channel/index.ts";
import "./flow/index.ts";
import "./limits/index.ts";
import "./rates/index.ts";
import "./behaviour/index.ts";
