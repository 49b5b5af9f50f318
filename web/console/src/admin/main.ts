// The administration: people, agencies, devices, base data, imports.
import { mount } from 'svelte';
import '@fontsource-variable/noto-sans-sc';
import '../tokens.css';
import { language } from '../i18n';
import Admin from './Admin.svelte';

document.documentElement.lang = language() === 'zh' ? 'zh-CN' : 'en';
mount(Admin, { target: document.getElementById('app')! });
