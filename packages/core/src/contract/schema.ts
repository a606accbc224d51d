/**
 * What a contract takes as a schema: any Standard Schema validator (zod, arktype, valibot, ...).
 *
 * @module
 */

import type { StandardSchemaV1 } from "@standard-schema/spec";

/** A validator of the [Standard Schema](https://standardschema.dev). */
export type Schema = StandardSchemaV1;

/** What goes into a schema. */
export type SchemaInput<S extends Schema> = StandardSchemaV1.InferInput<S>;

/** What comes out of a schema: parsed, with defaults filled in. */
export type SchemaOutput<S extends Schema> = StandardSchemaV1.InferOutput<S>;

/** A JSON Schema, draft 2020-12, as plain JSON. */
export type JsonSchema = Readonly<Record<string, unknown>>;
