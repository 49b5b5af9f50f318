import '@fontsource-variable/noto-sans-sc';
import '../tokens.css';
import { mount } from 'svelte';
import { language, speak } from '../i18n';
import './words';
import { savedTheme, wear } from '../session/theme';
import Root from './Root.svelte';

wear(savedTheme());
speak(language());
mount(Root, { target: document.getElementById('app')! });
