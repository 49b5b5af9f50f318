// The wall: an unattended screen with the least rights.
import { mount } from 'svelte';
import '@fontsource-variable/noto-sans-sc/index.css';
import '../tokens.css';
import { language } from '../i18n';
import Entry from './Entry.svelte';

document.documentElement.lang = language() === 'zh' ? 'zh-CN' : 'en';
document.documentElement.dataset['theme'] = 'dark';
mount(Entry, { target: document.getElementById('app')! });
