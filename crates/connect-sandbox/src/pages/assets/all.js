console.error("connect-sandbox: the bridge (AP) is not there yet");
