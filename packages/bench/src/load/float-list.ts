/** Numbers in order, in one array that grows: no objects, whatever their count. */
export class FloatList {
  length = 0;
  private values: Float32Array<ArrayBuffer>;

  constructor(capacity = 16) {
    this.values = new Float32Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.values.length) {
      const values = new Float32Array(2 * this.length);
      values.set(this.values);
      this.values = values;
    }
    this.values[this.length++] = value;
  }

  /** All of them, in an array of that length. */
  toArray(): Float32Array {
    return this.values.slice(0, this.length);
  }

  /** All of them, and it is empty again. */
  take(): Float32Array {
    const taken = this.toArray();
    this.length = 0;
    return taken;
  }
}
