/**
 * Preloaded into the service (`node --import`): when the process that started it is gone, however it ended, the service
 * ends in its own order too, instead of holding its port for ever.
 */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// Listening alone would keep the service from ending by itself.
process.channel?.unref();
