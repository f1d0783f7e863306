import type { StoreState } from "../../store/store.ts";
import type { Fault } from "../../validation/fault.ts";
import type { Books } from "./books.ts";
import type { LayerReader } from "./layers.ts";
import { emptyBook, type ServiceBook } from "./service-book.ts";
import { type ServiceSettings, type Template, templateDocumentKey } from "./settings.ts";
import { type Layers, TEMPLATE_FIELDS, type Templates } from "./templates.ts";

/** What is asked before settings or a template are written. */
export interface TemplateChecks {
  /** What would be wrong with a service's settings, in any of its groups; pointers lead into them. */
  settingsFaults(service: string, settings: ServiceSettings): readonly Fault[];
  /** What would be wrong with a group's template, by itself or with the settings of a service in the group. */
  templateFaults(group: string, template: Template): readonly Fault[];
}

/** What {@link templateChecks} works with. */
export interface CheckParts {
  readonly layers: LayerReader;
  readonly templates: Templates;
  readonly state: () => StoreState;
  readonly books: () => Books;
}

/** Checks of what is to be written, by making what it would make. What is wrong without it as well is not told. */
export function templateChecks({ layers, templates, state, books }: CheckParts): TemplateChecks {
  const newFaults = (book: ServiceBook, before: Layers, after: Layers, of: Partial<Fault>): Fault[] => {
    const known = new Set(allFaults(templates, book, before).map(textOf));
    return allFaults(templates, book, after)
      .filter((fault) => !known.has(textOf(fault)))
      .map((fault) => ({ ...fault, ...of }));
  };
  return {
    settingsFaults(service, settings) {
      const known = books().get(service) ?? emptyBook(service);
      const book: ServiceBook = { ...known, settings: settings as ServiceBook["settings"] };
      const faults = layers.groupsOf(book).flatMap((group) => {
        const after = layers.layersOf(state(), group, book);
        return newFaults(book, after.slice(0, -1), after, { group, name: service });
      });
      return distinct(faults);
    },
    templateFaults(group, template) {
      const now = state();
      const value = template as ServiceBook["settings"] & object;
      const key = templateDocumentKey(group);
      const after = { ...now, documents: now.documents.set(key, { key, value, revision: 0 }) };
      const without = { ...now, documents: now.documents.delete(key) };
      const alone = emptyBook(ANY_SERVICE);
      const faults = newFaults(alone, layers.layersOf(without, group, alone), layers.layersOf(after, group, alone), {
        group,
      });
      if (faults.length > 0) return distinct(faults);
      for (const [service, book] of books()) {
        if (!layers.hasTemplate(book) || !layers.groupsOf(book).includes(group)) continue;
        const [old, next] = [now, after].map((it) => layers.layersOf(it, group, book));
        faults.push(...newFaults(book, old!, next!, { group, name: service }));
        if (faults.length >= MAX_FAULTS) break;
      }
      return distinct(faults);
    },
  };
}

/** A service without anything of its own. */
export const ANY_SERVICE = "service";

/** Of the services whose settings do not go with a template, so many faults are told. */
const MAX_FAULTS = 100;

/** All that is wrong with what layers make of a service. */
export function allFaults(templates: Templates, book: ServiceBook, layers: Layers): readonly Fault[] {
  const made = TEMPLATE_FIELDS.map((field) => templates.resource(field, book, layers));
  return [...made, templates.policy(layers)].flatMap((it) => it?.faults ?? []);
}

function distinct(faults: readonly Fault[]): Fault[] {
  return [...new Map(faults.map((fault) => [textOf(fault), fault])).values()];
}

function textOf({ pointer, rule, message, name }: Fault): string {
  return JSON.stringify([pointer, rule, message, name]);
}
