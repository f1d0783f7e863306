/** An object of JSON that may be written to. */
export type Json = { [key: string]: unknown };

/** Whether it is what JSON calls an object. */
export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value of a field, written as in the .proto files or in camelCase. */
export function fieldOf(json: Json, field: string): unknown {
  return json[keyOf(json, field)] ?? undefined;
}

/** Objects in a repeated field. */
export function itemsOf(json: Json, field: string): Json[] {
  const value = fieldOf(json, field);
  return Array.isArray(value) ? value.filter(isJson) : [];
}

/** Text in a field; `""` where there is none. */
export function textOf(json: Json, field: string): string {
  const value = fieldOf(json, field);
  return typeof value === "string" ? value : "";
}

/** Takes a field away, however it is written. */
export function dropField(json: Json, field: string): void {
  delete json[keyOf(json, field)];
}

function keyOf(json: Json, field: string): string {
  return field in json ? field : field.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
