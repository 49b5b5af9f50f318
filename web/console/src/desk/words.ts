// The words of the desk, told before its first panel is made.
import { learn } from '../i18n';
import { enAid } from '../i18n/en.aid';
import { enDesk } from '../i18n/en.desk';
import { enRequisition } from '../i18n/en.requisition';
import { zhAid } from '../i18n/zh.aid';
import { zhDesk } from '../i18n/zh.desk';
import { zhRequisition } from '../i18n/zh.requisition';

learn({ zh: { ...zhDesk, ...zhAid, ...zhRequisition }, en: { ...enDesk, ...enAid, ...enRequisition } });
