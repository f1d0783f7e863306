/** Turns values into label values: `labelOf` of the first `max` different ones, and then `other`, for labels must stay few. */
export function createBoundedLabels(max: number, labelOf: (value: string) => string): (value: string) => string {
  const labelByValue = new Map<string, string>();
  return (value) => {
    const known = labelByValue.get(value);
    if (known !== undefined) return known;
    if (labelByValue.size >= max) return "other";
    const label = labelOf(value);
    labelByValue.set(value, label);
    return label;
  };
}
