// The words of the desk, told before its first panel is made.
import { learn } from '../i18n';
import { enAgreement } from '../i18n/en.agreement';
import { enAid } from '../i18n/en.aid';
import { enClaim } from '../i18n/en.claim';
import { enDesk } from '../i18n/en.desk';
import { zhAgreement } from '../i18n/zh.agreement';
import { enRequisition } from '../i18n/en.requisition';
import { zhAid } from '../i18n/zh.aid';
import { zhClaim } from '../i18n/zh.claim';
import { zhDesk } from '../i18n/zh.desk';
import { zhRequisition } from '../i18n/zh.requisition';

learn({ zh: { ...zhDesk, ...zhAid, ...zhAgreement, ...zhClaim, ...zhRequisition }, en: { ...enDesk, ...enAid, ...enAgreement, ...enClaim, ...enRequisition } });
