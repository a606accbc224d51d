/**
 * Which JSON Schemas the strict mode of OpenAI's models takes.
 *
 * @module
 */

/** Levels of objects and arrays within one another that strict mode takes, at least. */
const DEEPEST = 5;

/** What strict mode knows of a schema, whichever model it is. */
const KNOWN: ReadonlySet<string> = new Set([
  "type",
  "description",
  "title",
  "enum",
  "const",
  "properties",
  "required",
  "additionalProperties",
  "items",
  "anyOf",
]);

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The same schema in the form that strict mode takes, which asks for every property and for no other. Undefined where that would be another schema, or one that
 * a model might refuse: a request with such a tool fails, whatever the model was asked.
 */
export function strictSchema(schema: unknown, depth = 0): JsonObject | undefined {
  if (!isObject(schema) || depth > DEEPEST || Object.keys(schema).some((name) => !KNOWN.has(name))) return undefined;
  const { type, anyOf, items, properties } = schema;
  if (Array.isArray(anyOf)) {
    const choices = all(anyOf.map((choice) => strictSchema(choice, depth + 1)));
    return choices === undefined || depth === 0 ? undefined : { ...schema, anyOf: choices };
  }
  if (type === "array") {
    const item = strictSchema(items, depth + 1);
    return item === undefined ? undefined : { ...schema, items: item };
  }
  if (type === "object") return strictObject(schema, isObject(properties) ? properties : {}, depth);
  return typeof type === "string" || Array.isArray(schema["enum"]) || "const" in schema ? schema : undefined;
}

function strictObject(schema: JsonObject, properties: JsonObject, depth: number): JsonObject | undefined {
  const { additionalProperties = false, required } = schema;
  const names = Object.keys(properties);
  const asked: readonly unknown[] = Array.isArray(required) ? required : [];
  if (additionalProperties !== false || names.some((name) => !asked.includes(name))) return undefined;
  // An object of which nothing is said takes anything.
  if (names.length === 0 && !("properties" in schema)) return undefined;
  const parts = all(Object.values(properties).map((part) => strictSchema(part, depth + 1)));
  if (parts === undefined) return undefined;
  return {
    ...schema,
    properties: Object.fromEntries(names.map((name, at) => [name, parts[at]])),
    required: names,
    additionalProperties: false,
  };
}

function all<T>(parts: readonly (T | undefined)[]): readonly T[] | undefined {
  const found = parts.filter((part) => part !== undefined);
  return found.length === parts.length ? found : undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
