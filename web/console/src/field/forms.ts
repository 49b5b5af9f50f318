// The sheets that put words to the record.
export { default as AddNote } from './AddNote.svelte';
export { default as AddPhoto } from './AddPhoto.svelte';
export { default as AskSupport } from './AskSupport.svelte';
export { default as Refuse } from './Refuse.svelte';
