// What a phone says in a drill: loaded only there.
import { book } from '../../ui/book';

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

export const { w } = book<Word>({ zh, en });
