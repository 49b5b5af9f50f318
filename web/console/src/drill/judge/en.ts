import type { zh } from './zh';

export const en = {
  'goals': 'Objectives', 'others': 'Of no objective', 'weight': 'weight {n}', 'none': 'none', 'noGoals': 'No objectives',
  'actions': 'Expected actions', 'seen': 'Seen', 'missed': 'Missed', 'auto': 'judged by the command of a player', 'due': '{time} left', 'over': '{time} over', 'weightOf': 'weight {n}',
  'verdict.none': 'not released', 'verdict.open': 'open', 'verdict.done': 'done', 'verdict.late': 'late', 'verdict.missed': 'missed', 'verdict.': 'not released',
  'score': 'Score', 'grade.0': '0 missing', 'grade.1': '1 poor', 'grade.3': '3 fair', 'grade.5': '5 good',
  'target': 'Target',
  'note': 'Observation', 'type.action': 'Expected action', 'type.strength': 'Strength', 'type.weakness': 'Weakness', 'type.score': 'Score', 'type.lesson': 'Lesson', 'type.remark': 'Remark', 'r.remarks': 'Appendix · remarks (for the director only)',
  'text': 'What you saw', 'agency': 'Agency', 'anyAgency': 'No agency named', 'add': 'Write down', 'stream': 'Observations', 'jump': 'Show the picture of {time}', 'edited': 'edited', 'remove': 'Take back', 'reason': 'Reason', 'save': 'Save', 'confirm': 'Confirm',
  'filter.mine': 'Mine',
  'r.refresh': 'Refresh', 'r.print': 'Page to print', 'r.sheet': 'Spreadsheet', 'r.grade': 'Overall grade', 'r.scoreOf': 'score {n}', 'r.open': '{n} to judge',
  'g.excellent': 'Excellent', 'g.good': 'Good', 'g.fair': 'Fair', 'g.poor': 'Poor', 'g.': 'Not judged',
  'r.objectives': 'Objectives', 'r.aspects': 'Heads of evaluation', 'r.measures': 'Response measures', 'r.lessons': 'Lessons', 'r.improve': 'Improvements',
  'r.count': 'Count', 'r.median': 'Median', 'r.p90': '90 %', 'r.worst': 'Worst', 'r.share': 'Met', 'r.still': 'Open', 'r.other': 'Compared',
  'r.with': 'Compare with', 'r.with.none': 'nothing', 'r.with.live': 'real work…', 'r.from': 'from', 'r.to': 'to', 'r.number': 'No.', 'r.name': 'Name', 'r.rule': 'The total is the mean of the objectives by weight. Excellent: 90 and above, nothing missed or late; good: 75 and above, every objective 60 and above; poor: below 60, or an objective below 30; fair: all others',
  'i.new': 'New improvement', 'i.text': 'What is wrong, what is to be better', 'i.owner': 'Owner', 'i.due': 'Due', 'i.measures': 'Measures',
  'i.state.open': 'open', 'i.state.done': 'done', 'i.state.verified': 'verified', 'i.state.dropped': 'dropped', 'i.done': 'Done', 'i.verify': 'Verify', 'i.reopen': 'Reopen', 'i.drop': 'Drop',
  'd.evaluate': 'Complete the evaluation', 'd.improve': 'Open the improvements', 'd.close': 'Close the drill', 'd.evaluateWhy': 'The report is then told to all participants, and scores are changed no more',
  'aspect.warning': 'Warning and reporting', 'aspect.mobilisation': 'Mobilisation', 'aspect.assessment': 'Monitoring and assessment', 'aspect.command': 'Command and coordination', 'aspect.response': 'Response', 'aspect.resources': 'Resource management',
  'aspect.communication': 'Communications', 'aspect.information': 'Public information', 'aspect.protection': 'Protection of people', 'aspect.cordon': 'Cordon and control', 'aspect.medical': 'Medical care', 'aspect.recovery': 'Site control and recovery', 'aspect.other': 'Other',
  'm.call_taking': 'Call taking', 'm.first_assignment': 'First assignment', 'm.acknowledge': 'Acknowledgement', 'm.turnout': 'Turnout', 'm.travel': 'Travel', 'm.arrival': 'First arrival', 'm.commit': 'Commitment of help', 'm.ring_wait': 'Wait in a ring', 'm.distress': 'Distress acknowledged', 'm.unanswered': 'Unanswered assignments', 'm.checkin': 'Missed check-ins',
  'f.call_taking': 'opened − received', 'f.first_assignment': 'first assigned − opened', 'f.acknowledge': 'acknowledged − assigned', 'f.turnout': 'en route − assigned', 'f.travel': 'on scene − en route', 'f.arrival': 'first on scene − opened', 'f.commit': 'first commitment − request open', 'f.ring_wait': 'next ring − ring before', 'f.distress': 'acknowledged − raised', 'f.unanswered': 'unanswered in time / assigned', 'f.checkin': 'missed / on scene',
} satisfies Record<keyof typeof zh, string>;
