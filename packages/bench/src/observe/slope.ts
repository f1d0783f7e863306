/** A straight line through points (least squares), kept as sums: any number of points costs the same. */
export interface Slope {
  add(x: number, y: number): void;
  /** Growth of y per unit of x; `null` with fewer than three points or without an extent in x. */
  value(): number | null;
}

/** Begins a regression. */
export function createSlope(): Slope {
  // Relative to the first point, so that squares of large times don't swallow the digits.
  let first: readonly [number, number] | undefined;
  let count = 0;
  let sumX = 0;
  let sumY = 0;
  let sumXX = 0;
  let sumXY = 0;
  return {
    add(x, y) {
      first ??= [x, y];
      const dx = x - first[0];
      const dy = y - first[1];
      count++;
      sumX += dx;
      sumY += dy;
      sumXX += dx * dx;
      sumXY += dx * dy;
    },
    value() {
      const extent = count * sumXX - sumX * sumX;
      if (count < 3 || extent <= 0) return null;
      return (count * sumXY - sumX * sumY) / extent;
    },
  };
}
