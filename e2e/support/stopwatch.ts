/** A stopwatch for a walk through a guide: it tells how long each step took, and judges nothing. */
export class Stopwatch {
  readonly #steps: { step: string; hands: string; seconds: number }[] = [];

  /** Takes a step; `hands` is what a person does in it. */
  async step<T>(step: string, hands: string, walk: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const result = await walk();
    this.#steps.push({ step, hands, seconds: (performance.now() - begun) / 1000 });
    return result;
  }

  /** The steps as a table in Markdown. */
  table(): string {
    const total = this.#steps.reduce((sum, { seconds }) => sum + seconds, 0);
    const rows = this.#steps.map(
      ({ step, hands, seconds }, index) =>
        `| ${index + 1} | ${step} | ${hands} | ${seconds.toFixed(1)} |`,
    );
    return [
      "| | step | by hand | seconds |",
      "| --- | --- | --- | ---: |",
      ...rows,
      `| | **in all** | | **${total.toFixed(1)}** |`,
      "",
    ].join("\n");
  }
}
