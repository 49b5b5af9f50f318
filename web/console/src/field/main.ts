// The phone page of a team leader.
import { mount } from 'svelte';
import '../tokens.css';
import { language } from '../i18n';
import { armSound } from './alert';
import App from './App.svelte';
import { install } from './install.svelte';
import { Phone } from './phone';

document.documentElement.lang = language() === 'zh' ? 'zh-CN' : 'en';
armSound();
const phone = await Phone.open();
mount(App, { target: document.getElementById('app')!, props: { phone } });
await install.register();
