// Package dispatch is the domain: the nouns of emergency rescue, their rules,
// and the service that carries out commands. It imports nothing but the geo
// rooms and the standard library: no database, no network, no logger.
//
// # How a decision is made
//
// A command ("task.assign") is decoded strictly, asked of May, carried out by
// a function that loads records under lock, asks the plain rules, and puts
// whole records into one [Change]. The [Store] writes the rows and, last of
// all, the journal row, in one transaction. Nothing leaves before COMMIT.
// A refusal is an [Error]: it says what is in the way and what would be legal.
//
// # Glossary
//
//	agency     单位        a government department, enterprise, social force or neighbouring region
//	area       网格区域    a division of the four-level grid; its id is its division code
//	person     人员        somebody with an account; role: dispatcher 调度员, chief 值班长,
//	                       leader 队长, planner 演练策划, observer 观察员/大屏, admin 管理员
//	depot      仓库、站点  where things are kept and teams are based
//	hazard     重大危险源  a major hazard source after GB 18218-2018
//	report     接报        one report that came in, before it is known to be an incident
//	incident   事件        something that needs rescue; how bad it is, is its grade 等级 (1 worst … 4)
//	team       救援队伍    the unit that is sent
//	task       任务        the work of one team for one incident
//	fellow     友队        a team at work on the same incident
//	equipment  装备        an item that is used and given back
//	stock      物资        a quantity that is used up
//	device     设备        sends positions for a team; a vehicle's is a terminal 车载终端
//	message    消息        a text from the desk to a team's vehicle terminal
//	note       记录        an entry in an incident's record; reports upward are 初报, 续报, 终报
//	fence      围栏        a line on the map whose crossing by a team is told: a ring, a perimeter, a division
//	stay       围栏内停留  one stay of a team in a fence
//	request    支援请求    what an agency asks of others for an incident, in lines
//	offer      响应        what an agency answers to a line of a request
//	loan       借调        one team, item or quantity that its owner lends to a receiver
//	link       联网        joins this server with a neighbouring region's
//	parcel     待发命令    a command about a neighbour's record, on its way to its home
//	agreement  共享协议    what two or more agencies agreed to let each other see, each by its own consent
//	activation 启用        opens an agreement that needs it, for a limited time
//	share      共享        lets one agency see a record of another: by hand, by agreement, by a task or a loan
//	rate       费率        what one unit of help costs, from one day to another; a tariff or a price list
//	claim      补偿申请    what an agency asks to be paid for what it lent, computed from the record
//	requisition 征用       what a government takes for a rescue by its order, until it is given back
//	letter     来往报文    an EDXL-RM message of or to a foreign system that no other record tells
//	alarm      告警        what a person must acknowledge by name
//	sim        模拟体      a team of a drill that nobody plays, and how it behaves
//	realm      域          live, or one drill; part of every record's identity
//	drill      演练        an exercise, in a realm of its own
//	part       演练角色    who takes part in a drill and as what
//	objective  演练目标    what a drill is to show, under a head of AQ/T 9009
//	inject     情景注入    a line of a drill's script (MSEL): what the players are told or what happens
//	journal    日志        the one ordered, append-only log of changes
//	keyframe   关键帧      the whole board right after a change, to tell later moments from
//	replay     回放        past moments of a realm on the same screens
//	observation 评估记录   what was seen in a drill, at the exact moment: to judge it, or a remark 导调记事
//	improvement 改进项     what is to be better after a drill, by whom and until when
//	ledger     台账        who is promised to what; the database refuses a double booking
//
// # Incident
//
//	reported ──► verified ──► active ◄──► controlled ──► closed ──► archived
//	    └───────────────────────▲                          │ ▲
//	                            └────────(reopen)──────────┘ └── also from verified, active
//
//	false_alarm   from reported, verified, active, controlled; resume leads back to verified
//	duplicate     from reported, verified, active: merged into the incident that stays
//	archived      from closed, false_alarm, duplicate: off the board, the row is kept
//
// The first team assigned makes an incident active, verified on the way: teams
// go before anybody knows. So an active or controlled incident, too, may turn
// out to be a false alarm, once no task and no item is open any more.
// Closing is refused with the complete list of open tasks and items, and,
// from grade 3 up, without a final report that was sent. The last team's end
// closes a controlled incident, but never after a reopening.
//
// # Task
//
//	proposed ─► assigned ─► acknowledged ─► en_route ─► on_scene ─► returning ─► done
//	                │            │             │  ▲        │
//	                └────────────┴─────────────┘  staging  └─► to_destination ─► at_destination ─► returning
//
//	refused   from proposed, assigned, acknowledged, en_route       (the need is open again)
//	cancelled                       from any open state
//	released, diverted              from any open state but proposed
//	done      from en_route on, from any state: not every task has every milestone
//
// Types limit the states: standby assigned → acknowledged → on_scene → done;
// relocation assigned → acknowledged → to_destination → at_destination → done.
// From returning on the team may already be sent elsewhere. Milestones are
// write-once; task.correct adds an entry. [TaskMoves] is the table.
//
// # Team
//
//	duty (set by a person)     off_duty ◄─► available ◄─► on_break;  any ─► out_of_service ─► available, off_duty
//	status (derived)           distress > committed > available | delayed (on break) | unavailable
//
// # Report and note
//
//	report   waiting ◄─► claimed ─► linked;  waiting, claimed ─► dismissed ─► waiting
//	note     drafted ◄─► checked ─► signed (duty chief) ─► sent ─► received
//
// # Fence
//
//	fence    active ─► ended (by hand, by its time, with its incident)
//	stay     inside ─► left
//
// A fence watches the teams that its agency sees. Crossings are seen on the
// positions by every server node ([Service.Cross]) and booked under the fence's
// lock, each once; those of simulated teams are worked out. A team near an
// incident it is on its way to seems to have arrived; that it is on scene, a
// person says.
//
// # Drill
//
//	drill    planned ─► approved ─► comms_checked ─► ready ─► running ⇄ paused ─► ended ─► evaluated ─► improvements_open ─► closed
//	         back to planned until it begins; cancelled from any state before ended
//
// A drill (演练) has a realm of its own, with its clock; nothing of it is in the
// realm live, not even its record. It starts from a copy of what its director saw
// ([DrillOpen]), with the same ids. Whoever has a [Part] in it joins by taking the
// session there, and then works by the same commands; players may while it runs,
// directors and controllers for any agency as long as it is not over. Its commands
// are carried out one after the other at the moment that its clock shows, what falls
// due at the moment at which it was due, and ids come of its seed: the same
// decisions make the same journal.
//
// # Inject
//
//	inject   waiting ─► due ─► held ─► released ─► acted | missed;   waiting, due, held ─► skipped
//	         waiting ─► released (pushed by the system, or an action), missed (the time of its condition ran out)
//
// An inject (情景注入) is timed, given by hand, or conditional: on what has become of
// another inject, on a command of the players, or on one that they did not give by a
// moment. Conditions are looked at in the change that can make them hold (react), and
// at their own moments. Its action is a command in the name of a simulated agency,
// given once, right after the release and as a change of its own. A condition that
// runs in a circle is refused, and a plan with faults is not made ready.
//
// A simulated team ([Sim]) does by itself what its leader would, each step as an
// ordinary command in the leader's name, at a moment drawn from the seed: it is
// planned in the transaction that moved its task (simulate) and falls due like
// anything else. Where it is on its way is a function of its leg and the clock
// ([Sim.Where]), so that positions are no part of the record. When it crosses the line
// of a fence follows from leg and line; it is planned where a leg or a line moves, and
// falls due too (planCrossings). Its positions book nothing: when they are looked at
// would decide what is booked.
//
// What its evaluators see they write down with the moment at which they saw it, and
// so with the change of the journal ([Observation]). An expected action is done when
// a player's command shows it, or, where no command does, when an evaluator says so;
// [Inject.Verdict] is the one place that tells. Scores follow [Tally], the grade
// gradeOf, both after AQ/T 9009; the automatic measures are told at [MeasureType]
// and are the same for a drill and for real work. With the evaluation the report is
// told to all participants. A remark (导调记事), too, is an observation: a private note
// of the director or a controller, which judges nothing and no player ever reads; the
// report holds it for the director alone. What is to be better is done in reality: an
// improvement is owned by an agency of the realm live, which finds it outside the drill,
// tells from there how far it is and when it is done ([Service.AnswerImprovement]), and the
// drill is closed when all are verified or dropped.
//
//	improvement  open ─► done ─► verified;   done ─► open;   open, done ─► dropped ─► open
//
// # Request, offer, loan
//
//	request  draft ─► submitted ─► open ─► closed;   submitted ─► returned ─► submitted;
//	         open ─► expired ─► open;   any before closed ─► cancelled
//	         an open request reaches further, ring by ring, while anything is missing
//	offer    made ─► ordered ─► committed;   made ─► withdrawn;   ordered ─► refused;   both ─► cancelled;   declined
//	loan     committed ─► mobilising ─► in_transit ─► on_loan ─► releasing ─► returned
//	         any before on_loan ─► cancelled;   on_loan: extend asked, recall asked ─► answered
//
// The commitment moves the team into the receiver's pool in one transaction: it
// names the holder, who alone sends it, until the owner has it back. The states
// are those of EDXL-RM 1.0, message by message.
//
// A request reaches its own agency, the county, the city, the partners in
// agreements, those within so many kilometres, the province: each ring holds the
// ones before it. From a ring of partners or of range in which nobody more is
// found it goes on at once.
//
// # Agreement
//
//	agreement  proposed ─► in_force (every party consented) ─► withdrawn (one took it back) ─► in_force
//	           in_force ─► expired (by its time);  any ─► ended (by who proposed it);  new terms: ─► proposed
//	activation open ─► ended (by hand, by its time, with its agreement)
//
// What an agreement covers is what its parties own: never what they were shown
// themselves, so nothing is passed on. Its shares stand beside all others, and
// each ends alone.
//
// # What has run out
//
// A share may have an end. It is looked at as of a moment ([Onlooker]): from the
// end on it gives nothing in any read, command or change that is told, whether
// or not anything has taken it away. What is due then takes it away, as a change
// like any other whose scope before still has it, so that the consoles drop what
// they hold.
//
// # Requisition
//
//	ordered ─► taken_over ─► returned;   ordered ─► cancelled
//
// The chief of a government agency of a county or above orders it, for a place
// and of things in its jurisdiction. From the order on the resource is the
// receiver's as if it were on loan: there is one way in which a holder moves.
// The owner sees it at once. It holds what the account of a compensation needs:
// stamps, the condition at both ends, quantity, value, loss.
//
// # Linked regions
//
//	link     active ─► revoked
//	parcel   waiting ─► done | refused
//
// What a neighbour tells (hearLink) lies in the tables of its nouns, with its
// [Origin]: the agency that stands for the neighbour owns it here, and the agency
// that keeps the link sees it. Only its home decides about it. A rule that edits
// such a record is carried out here as well, so that what it refuses is refused at
// once and the screen shows what is meant; but what it would have booked is left,
// and the command goes to the record's home as a parcel (sendOn). With the answer
// comes the record as it is there. What hangs on it here is derived here: the
// lines of our requests, the status of a team that we have on loan. An item that we
// have on loan is booked for an incident of ours at its home, which need not know
// the incident.
//
// # Rate and claim
//
//	claim    collected ─► submitted ─► checked ─► payer_assigned ─► approved ─► paid ─► closed
//	         submitted, checked, payer_assigned ─► returned ─► submitted;   collected, returned ─► closed (given up)
//
// A claim is computed from loans that are over ([RateTypes] says how each thing
// is counted), at the rates of the days on which it happened: those of the
// narrowest division around the incident first, the owner's price list last.
// Money is whole fen; a line is rounded half up, once. Each line names the
// changes of the journal that it rests on. Who lent it collects, edits with a
// reason and submits; who had it, who pays and who coordinates there decide;
// nobody decides on a claim of their own agency. The responsible party pays, else
// the government of the place by the grade; an agreement overrides. A claim does
// not keep its incident on the board: money takes longer than rescue. A claim of
// what a neighbouring region had is at home with who lent it; the neighbour
// decides over the link, and its payer is known by the name.
//
// # Replay
//
// A past moment (回放) is the newest keyframe before it with the changes since
// folded in ([Picture]); a keyframe is the whole board right after a change. The
// journal names what an import wrote (Change.Bulk), so nothing has to be guessed.
// Dispatchers, duty chiefs, planners and observers may replay what their realm
// went through, as the audience that they are today: they see a record as they
// would have seen it then, with the shares that held then, and never more of it
// than they see now ([Past]). Duty chiefs and planners may look with the eyes of
// another agency of their jurisdiction, and then see the least of both; those who
// run and judge a drill, with those of any in it. Leaders and administrators do
// not replay.
//
// # Who could go
//
// Candidates are ordered lexicographically: needs met, available before on
// break, full crew before minimum, own to send before to be asked for,
// estimated travel time (distance × detour factor ÷ speed; an estimate, marked
// as one), call sign. See rank.
//
// # Locks
//
// A command locks rows in the order of [Kinds] and then by id. Everything that
// hangs on an incident (tasks, notes, alarms, linked reports) is changed only
// under the incident's lock, so that its audience never differs from the
// incident's.
package dispatch
