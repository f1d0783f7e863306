import type { z } from "zod";
import type { Config } from "../../config/config.ts";
import type { Json, StoreState } from "../../store/store.ts";
import type { ServiceBook } from "./service-book.ts";
import {
  type ServiceSettings,
  serviceSettingsSchema,
  type Template,
  templateDocumentKey,
  templateSchema,
} from "./settings.ts";
import type { Layers } from "./templates.ts";

/** Finds the groups of a service, and the templates that count for it there. */
export interface LayerReader {
  /** Of a service that nobody knows: none. */
  groupsOf(book: ServiceBook | undefined): readonly string[];
  /** Whether a service has settings of its own beside its groups. */
  hasTemplate(book: ServiceBook): boolean;
  /** The templates of the configuration, the group and the service, the last deciding. */
  layersOf(state: StoreState, group: string, book: ServiceBook): Layers;
}

/** Reads layers from documents; one that is no template (another version wrote it) changes nothing. */
export function createLayerReader({ group, templates }: Config["registry"]): LayerReader {
  const settingsOf = remembering(serviceSettingsSchema);
  const templateOf = remembering(templateSchema);
  const byDefault = [group];
  return {
    groupsOf: (book) => (book ? (settingsIn(book, settingsOf)?.groups ?? byDefault) : []),
    hasTemplate: (book) => Object.keys(settingsIn(book, settingsOf) ?? {}).some((field) => field !== "groups"),
    layersOf(state, name, book) {
      const document = state.documents.get(templateDocumentKey(name));
      const layers = [templates, document && templateOf(document.value), settingsIn(book, settingsOf)];
      return layers.filter((layer): layer is Template => layer !== undefined);
    },
  };
}

function settingsIn(
  book: ServiceBook,
  read: (value: Json) => ServiceSettings | undefined,
): ServiceSettings | undefined {
  return book.settings === undefined ? undefined : read(book.settings);
}

/** Reads values by a schema, each once; `undefined`: it does not fit. */
function remembering<T>(schema: z.ZodType<T>): (value: Json) => T | undefined {
  const known = new WeakMap<object, { readonly read: T | undefined }>();
  return (value) => {
    if (typeof value !== "object" || value === null) return undefined;
    let found = known.get(value);
    if (!found) {
      found = { read: schema.safeParse(value).data };
      known.set(value, found);
    }
    return found.read;
  };
}
