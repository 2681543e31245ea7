//! dev_app
