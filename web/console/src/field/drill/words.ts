// What a phone says in a drill: loaded only there.
import { fill } from '../../i18n';
import { lang } from '../../ui/watch';

const zh = {
  'told': '情况通报',
  'told.from': '{from} 通报',
  'told.ack': '收到',
  'told.waiting': '已收到，待发送',
  'told.refused': '未被接受，见“待发”',
  'told.done': '已于 {time} 确认',
  'told.off': '演练{state}，现在不能操作',
};
export type Word = keyof typeof zh;

const en: Record<Word, string> = {
  'told': 'You are told',
  'told.from': '{from} tells',
  'told.ack': 'Received',
  'told.waiting': 'received, not sent yet',
  'told.refused': 'not taken: see what waits',
  'told.done': 'acknowledged at {time}',
  'told.off': 'The drill is {state}: nothing can be done now',
};

/** The word in the language of the screen, again whenever that changes. */
export const w = (word: Word, holes?: Record<string, string | number>): string => fill((lang() === 'zh' ? zh : en)[word], holes);
