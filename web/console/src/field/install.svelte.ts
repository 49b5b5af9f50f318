// The page as an app: installing it, and taking a new version when the leader
// says so, never in the middle of a hold.

interface InstallPrompt extends Event {
  prompt(): Promise<void>;
  userChoice: Promise<{ outcome: 'accepted' | 'dismissed' }>;
}

class Install {
  /** The browser would install it now. */
  offer = $state.raw<InstallPrompt>();
  done = $state(matchMedia('(display-mode: standalone)').matches);
  /** A new version waits. */
  fresh = $state.raw<ServiceWorker>();
  readonly ios = /iP(hone|ad|od)/.test(navigator.userAgent);

  constructor() {
    addEventListener('beforeinstallprompt', (e) => {
      e.preventDefault();
      this.offer = e as InstallPrompt;
    });
    addEventListener('appinstalled', () => (this.done = true));
  }

  async go() {
    await this.offer?.prompt();
    if ((await this.offer?.userChoice)?.outcome === 'accepted') this.done = true;
    this.offer = undefined;
  }

  /** Registers the service worker; without one the page works, but not offline. */
  async register() {
    if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
    const reg = await navigator.serviceWorker.register('/field/sw.js', { scope: '/field/', updateViaCache: 'none' });
    const watch = (w: ServiceWorker | null) =>
      w?.addEventListener('statechange', () => {
        if (w.state === 'installed' && navigator.serviceWorker.controller) this.fresh = w;
      });
    if (reg.waiting && navigator.serviceWorker.controller) this.fresh = reg.waiting;
    reg.addEventListener('updatefound', () => watch(reg.installing));
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible' && navigator.onLine) void reg.update().catch(() => {});
    });
  }

  update() {
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
    this.fresh?.postMessage('take over');
  }
}

export const install = new Install();
