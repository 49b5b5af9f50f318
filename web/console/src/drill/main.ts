// Drills: the list, and from within one its planning, running and judging.
import { mount } from 'svelte';
import '@fontsource-variable/noto-sans-sc';
import '../tokens.css';
import { language } from '../i18n';
import { savedTheme } from '../session/theme';
import Root from './Root.svelte';

// Planning is done by day; the theme of the desk stays what it is.
document.documentElement.dataset['theme'] = savedTheme('day');
document.documentElement.lang = language() === 'zh' ? 'zh-CN' : 'en';
mount(Root, { target: document.getElementById('app')! });
