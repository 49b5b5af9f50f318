// What a phone loads in a drill, or where there is one to join.
export { default as Drills } from '../Drills.svelte';
export { default as Evaluator } from '../Evaluator.svelte';
export { default as Heard } from './Heard.svelte';
export { default as Told } from './Told.svelte';
