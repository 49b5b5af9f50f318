// The administration: people, agencies, devices, base data, imports.
import { mount } from 'svelte';
import '@fontsource-variable/noto-sans-sc';
import '../tokens.css';
import { language, learn } from '../i18n';
import { enAgreement } from '../i18n/en.agreement';
import { zhAgreement } from '../i18n/zh.agreement';
import Admin from './Admin.svelte';

learn({ zh: zhAgreement, en: enAgreement });
document.documentElement.lang = language() === 'zh' ? 'zh-CN' : 'en';
mount(Admin, { target: document.getElementById('app')! });
