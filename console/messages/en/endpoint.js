// Which words does the page of one endpoint show?
// Its parts, what can be done with it and what follows, its secret, and how receivers verify.
import { count, number, span } from '../../shell.js';

export const words = {
  endpoints: 'Endpoints', endpoint: 'Endpoint', parts: 'Parts of this endpoint', overview: 'Overview', deliveries: 'Deliveries', settings: 'Settings', verify: 'Verify',
  secretTitle: 'The signing secret, shown this once', secretHint: 'Give it to the receiver, which checks with it that requests come from here. If it is lost, rotate it.', copySecret: 'Copy secret', secretDone: 'I have kept it', nextTest: 'Send a test event', nextVerify: 'See how to verify',
};
