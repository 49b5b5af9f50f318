// The line that says where the picture comes from, and that invented records
// are invented.
import { AttributionControl, type Map as GLMap } from 'maplibre-gl';
import type { Scene } from './layer';

/** Whether any record on the map is marked as made up. */
export const isInvented = ({ store }: Pick<Scene, 'store'>) =>
  store.all('team').some((t) => t.invented) || store.all('hazard').some((h) => h.invented) || store.all('depot').some((d) => d.invented);

export function attribution(scene: Pick<Scene, 'store' | 'lang'>): string {
  if (!isInvented(scene)) return '';
  return scene.lang === 'zh' ? '队伍、仓库、危险源为虚构数据' : 'Teams, depots and hazard sources are invented';
}

export class Attribution {
  #control: AttributionControl | undefined;
  #text: string | undefined;

  constructor(private readonly map: GLMap) {}

  draw(scene: Pick<Scene, 'store' | 'lang'>) {
    const text = attribution(scene);
    if (text === this.#text) return;
    this.#text = text;
    if (this.#control) this.map.removeControl(this.#control);
    this.#control = new AttributionControl({ compact: false, ...(text && { customAttribution: text }) });
    this.map.addControl(this.#control, 'bottom-right');
  }
}
