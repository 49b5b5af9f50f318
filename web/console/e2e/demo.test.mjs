// The demo city is alive: what a newcomer sees in the first minute.
import { watchFeed } from './house.mjs';
import { test } from './runner.mjs';

test('demo: within a minute a new incident, an acknowledgement, three markers that moved', async (house) => {
  const page = await house.screen('/', 'dispatcher');
  await page.locator('.desk[data-phase=live]').waitFor();
  await watchFeed(page, { seconds: 60, incidents: 1, acknowledged: 1, moved: 3 });
}, { seconds: 90 });
