package fairlead.bench;

final class Numbers {
  private Numbers() {}

  /** @throws IllegalArgumentException if the text is no number from min to max */
  static long read(String name, String text, long min, long max) {
    if (text != null && text.matches("[0-9]{1,18}")) {
      long number = Long.parseLong(text);
      if (number >= min && number <= max) {
        return number;
      }
    }
    String found = text == null ? "left out" : "\"" + text + "\"";
    throw new IllegalArgumentException(name + " must be a number from " + min + " to " + max + ", not " + found);
  }
}
