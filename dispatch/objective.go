package dispatch

// Objective (演练目标) is what a drill is to show.
type Objective struct {
	Head
	Number int    `json:"number" doc:"unique in the drill, from 1"`
	Name   string `json:"name"`
	Text   string `json:"text,omitempty" doc:"what good looks like"`
	// Aspect is the head of AQ/T 9009-2015 under which it is judged.
	Aspect Aspect `json:"aspect" enum:"warning,mobilisation,assessment,command,response,resources,communication,information,protection,cordon,medical,recovery,other"`
	Weight int    `json:"weight" doc:"share in the overall score, 1 to 100"`
}

// Aspect is one of the thirteen heads under which a drill is judged (AQ/T
// 9009-2015).
type Aspect string

// The heads of AQ/T 9009-2015.
const (
	AspectWarning       Aspect = "warning"       // 预警与信息报告
	AspectMobilisation  Aspect = "mobilisation"  // 紧急动员
	AspectAssessment    Aspect = "assessment"    // 事故监测与研判
	AspectCommand       Aspect = "command"       // 指挥和协调
	AspectResponse      Aspect = "response"      // 事故处置
	AspectResources     Aspect = "resources"     // 应急资源管理
	AspectCommunication Aspect = "communication" // 应急通信
	AspectInformation   Aspect = "information"   // 信息公开
	AspectProtection    Aspect = "protection"    // 人员保护
	AspectCordon        Aspect = "cordon"        // 警戒与管制
	AspectMedical       Aspect = "medical"       // 医疗救护
	AspectRecovery      Aspect = "recovery"      // 现场控制及恢复
	AspectOther         Aspect = "other"         // 其他
)

// Aspects lists the heads in the standard's order.
var Aspects = []Aspect{AspectWarning, AspectMobilisation, AspectAssessment, AspectCommand, AspectResponse, AspectResources, AspectCommunication,
	AspectInformation, AspectProtection, AspectCordon, AspectMedical, AspectRecovery, AspectOther}

func (o *Objective) check() error {
	if !oneOf(o.Aspect, Aspects) {
		return invalid("aspect", o.Aspect, "未知的评估项", "unknown head of evaluation", words(Aspects)...)
	}
	return firstError(
		checkRange("number", o.Number, 1, 99),
		checkText("name", o.Name, 1, 120),
		checkText("text", o.Text, 0, 2000),
		checkRange("weight", o.Weight, 1, 100))
}

func (o *Objective) redacted() Record { return nil } // those who see it see it whole

// The number is not unique in the index: one that was removed gives it free.
func (o *Objective) index() Index { return Index{Text: join(o.Name)} }
