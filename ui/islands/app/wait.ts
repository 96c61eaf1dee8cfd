// <rivers-wait every="ms">: asks again whether a location is ready, and opens it.

export class RiversWait extends HTMLElement {
  private timer = 0;

  connectedCallback(): void {
    this.timer = setInterval(() => void this.ask(), Number(this.getAttribute("every")) || 2000);
  }

  disconnectedCallback(): void {
    clearInterval(this.timer);
  }

  private async ask(): Promise<void> {
    if (document.hidden) return;
    const answer = await fetch("/", { headers: { Accept: "text/html" } }).catch(() => null);
    if (answer?.ok && answer.redirected) location.assign(answer.url);
  }
}
