// Dark or day; dark by default, kept on this machine.
export type Theme = 'dark' | 'day';

export function savedTheme(fallback: Theme = 'dark'): Theme {
  try {
    const t = localStorage.getItem('theme');
    return t === 'day' || t === 'dark' ? t : fallback;
  } catch {
    return fallback; // storage switched off
  }
}

export function wear(theme: Theme) {
  document.documentElement.dataset['theme'] = theme;
  try {
    localStorage.setItem('theme', theme);
  } catch {
    // it holds for this page at least
  }
}
