// The cases of this area; each file registers its own.
import "./describe.ts";
import "./inquiries.ts";
import "./offers.ts";
