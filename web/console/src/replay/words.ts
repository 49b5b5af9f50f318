// The words of replay, told when it is first opened.
import { createSubscriber } from 'svelte/reactivity';
import { fill, language, onLanguage } from '../i18n';

const zh = {
  bar: '回放控制',
  title: '回放',
  notLive: '非实时',
  ago: '{span}前',
  play: '播放',
  pause: '暂停',
  next: '下一变更',
  prev: '上一变更',
  rate: '倍速',
  scrub: '时间',
  period: '时段',
  'period.1': '1 小时',
  'period.4': '4 小时',
  'period.24': '24 小时',
  'period.72': '3 天',
  to: '跳至时刻',
  mark: '标记',
  marks: '标记 {n}',
  'mark.remove': '删除标记',
  'mark.name': '标记名称',
  list: '变更',
  'list.none': '此刻前后没有变更',
  as: '视角',
  'as.own': '本席',
  'as.now': '以{agency}·{role}的视角',
  back: '返回实时',
  loading: '正在载入…',
  noEarlier: '此前没有记录',
  noLater: '此后尚无变更',
  alarm: '实时告警',
  'alarm.drill': '演练中的告警',
  more: '另有 {n} 条',
  cut: '实时链路中断，新告警可能无法送达',
  system: '系统',
  'kind.deadline.fire': '到期处理',
  'kind.task.arrive': '疑似到场',
  'kind.fence.cross': '穿越围栏',
  'kind.team.answer': '终端应答',
  'kind.device.register': '终端注册',
  'kind.link.hear': '联网来讯',
  'kind.parcel.settle': '联网答复',
  'kind.letter.apply': '应用来文',
  'kind.import': '导入',
  keys: '空格 播放 · ← → 逐条 · − + 倍速 · K 标记 · C 变更 · Esc 或 L 返回实时',
};

const en: Record<keyof typeof zh, string> = {
  bar: 'Replay controls',
  title: 'Replay',
  notLive: 'not live',
  ago: '{span} ago',
  play: 'Play',
  pause: 'Pause',
  next: 'Next change',
  prev: 'Previous change',
  rate: 'Speed',
  scrub: 'Time',
  period: 'Span',
  'period.1': '1 hour',
  'period.4': '4 hours',
  'period.24': '24 hours',
  'period.72': '3 days',
  to: 'Go to a time',
  mark: 'Mark',
  marks: 'Marks {n}',
  'mark.remove': 'Remove the mark',
  'mark.name': 'Name of the mark',
  list: 'Changes',
  'list.none': 'No changes around this moment',
  as: 'Seen by',
  'as.own': 'own desk',
  'as.now': 'as {agency}, {role}, saw it',
  back: 'Back to live',
  loading: 'Loading…',
  noEarlier: 'Nothing was recorded before',
  noLater: 'No change after this yet',
  alarm: 'Live alarm',
  'alarm.drill': 'Alarm in the drill',
  more: '{n} more',
  cut: 'The live link is cut: a new alarm may not come through',
  system: 'system',
  'kind.deadline.fire': 'fell due',
  'kind.task.arrive': 'seems to have arrived',
  'kind.fence.cross': 'crossed a fence',
  'kind.team.answer': 'terminal answered',
  'kind.device.register': 'terminal registered',
  'kind.link.hear': 'neighbour told',
  'kind.parcel.settle': 'neighbour answered',
  'kind.letter.apply': 'message applied',
  'kind.import': 'import',
  keys: 'Space plays · ← → step · − + speed · K marks · C changes · Esc or L back to live',
};

const spoken = createSubscriber((update) => onLanguage(update));

export type ReplayWord = keyof typeof zh;

/** Whether there is such a word. */
export const known = (word: string): word is ReplayWord => word in zh;

export function r(word: ReplayWord, holes?: Record<string, string | number>): string {
  spoken();
  return fill((language() === 'zh' ? zh : en)[word], holes);
}
