// The cases of this area; each file registers its own.
import "./ping.ts";
import "./drain.ts";
import "./errors.ts";
import "./urgent.ts";
